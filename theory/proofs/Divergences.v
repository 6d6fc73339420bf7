(* How divergences on a finite space bound one another: total variation, Pinsker's inequality, and
   what the non-saturating game and the hinge game minimise. *)

From Coq Require Import Reals Lra Lia.
From Theory Require Import Sums Formulas Discriminator JensenShannon Saturation.
Open Scope R_scope.

Definition TV (n : nat) (p q : nat -> R) : R := sum n (fun i => variation (p i) (q i)).

Lemma variation_reads : forall p q, variation p q = Rabs (p - q) / 2.
Proof. intros. unfold variation. field. Qed.

Lemma variation_twice : forall n p q, 2 * TV n p q = sum n (fun i => Rabs (p i - q i)).
Proof.
  intros. unfold TV. rewrite <- sum_scale. apply sum_same. intros i _.
  rewrite variation_reads. field.
Qed.

(* Pinsker's inequality for two outcomes, by the sign of the slope. *)

Lemma four_products : forall c, 0 < c < 1 -> 4 * (c * (1 - c)) <= 1.
Proof. intros c _. pose proof (pow2_ge_0 (2 * c - 1)) as square. simpl in square. lra. Qed.

Section Two_outcomes.
  Variables a w : R.
  Hypothesis other : w = 1 - a.

  Let gap (x : R) : R := - (a * ln x + w * ln (1 - x)) - 2 * (a - x) ^ 2.

  Lemma gap_slope : forall x, 0 < x < 1 ->
    derivable_pt_lim gap x (- (a * / x + w * (/ (1 - x) * (0 - 1))) + 4 * (a - x)).
  Proof.
    intros x inside_x.
    assert (first : derivable_pt_lim (fun t => a * ln t) x (a * / x)).
    { exact (derivable_pt_lim_scal ln a x _ (derivable_pt_lim_ln x ltac:(lra))). }
    assert (rest : derivable_pt_lim (fun t => 1 - t) x (0 - 1)).
    { exact (derivable_pt_lim_minus _ _ x _ _
        (derivable_pt_lim_const 1 x) (derivable_pt_lim_id x)). }
    assert (positive : 0 < 1 - x) by lra.
    pose proof (derivable_pt_lim_comp _ ln x _ _ rest (derivable_pt_lim_ln _ positive)) as outer.
    pose proof (derivable_pt_lim_scal _ w x _ outer) as second.
    assert (from : derivable_pt_lim (fun t => a - t) x (0 - 1)).
    { exact (derivable_pt_lim_minus _ _ x _ _
        (derivable_pt_lim_const a x) (derivable_pt_lim_id x)). }
    pose proof (derivable_pt_lim_mult _ _ x _ _ from from) as square.
    pose proof (derivable_pt_lim_scal _ 2 x _ square) as twice.
    pose proof (derivable_pt_lim_opp _ x _
      (derivable_pt_lim_plus _ _ x _ _ first second)) as entropy.
    pose proof (derivable_pt_lim_minus _ _ x _ _ entropy twice) as whole.
    replace (- (a * / x + w * (/ (1 - x) * (0 - 1))) + 4 * (a - x))
      with (- (a * / x + w * (/ (1 - x) * (0 - 1)))
            - 2 * ((0 - 1) * (a - x) + (a - x) * (0 - 1))) by ring.
    apply (derivative_of_same _ gap x _) with (2 := whole).
    intros t. unfold gap, plus_fct, minus_fct, opp_fct, mult_fct, mult_real_fct, comp. ring.
  Qed.

  (* The slope has the sign of x - a: 1/(x (1 - x)) is at least 4. *)
  Lemma gap_falls : forall b, 0 < b < a -> a < 1 -> gap a <= gap b.
  Proof.
    intros b below strict.
    destruct (MVT_cor2 gap (fun x => - (a * / x + w * (/ (1 - x) * (0 - 1))) + 4 * (a - x)) b a)
      as [c [slope between]]; [lra | intros x inside_x; apply gap_slope; lra |].
    assert (sign : - (a * / c + w * (/ (1 - c) * (0 - 1))) + 4 * (a - c) <= 0).
    { rewrite other.
      replace (- (a * / c + (1 - a) * (/ (1 - c) * (0 - 1))) + 4 * (a - c))
        with (- ((a - c) * (1 - 4 * (c * (1 - c))) * / (c * (1 - c)))) by (field; lra).
      pose proof (four_products c ltac:(lra)).
      assert (0 < / (c * (1 - c))) by (apply Rinv_0_lt_compat, Rmult_lt_0_compat; lra).
      assert (0 <= (a - c) * (1 - 4 * (c * (1 - c)))) by (apply Rmult_le_pos; lra).
      assert (0 <= (a - c) * (1 - 4 * (c * (1 - c))) * / (c * (1 - c)))
        by (apply Rmult_le_pos; lra). lra. }
    apply (Rmult_le_compat_r (a - b)) in sign; lra.
  Qed.
End Two_outcomes.

Lemma certain_outcome : forall b, 0 < b < 1 -> 2 * (1 - b) ^ 2 <= - ln b.
Proof.
  intros b inside.
  assert (slope : forall x, 0 < x ->
    derivable_pt_lim (fun t => - ln t - 2 * (1 - t) ^ 2) x (- / x + 4 * (1 - x))).
  { intros x px.
    assert (from : derivable_pt_lim (fun t => 1 - t) x (0 - 1)).
    { exact (derivable_pt_lim_minus _ _ x _ _
        (derivable_pt_lim_const 1 x) (derivable_pt_lim_id x)). }
    pose proof (derivable_pt_lim_scal _ 2 x _ (derivable_pt_lim_mult _ _ x _ _ from from))
      as twice.
    pose proof (derivable_pt_lim_opp _ x _ (derivable_pt_lim_ln x px)) as log.
    pose proof (derivable_pt_lim_minus _ _ x _ _ log twice) as whole.
    replace (- / x + 4 * (1 - x))
      with (- / x - 2 * ((0 - 1) * (1 - x) + (1 - x) * (0 - 1))) by ring.
    apply (derivative_of_same _ _ x _) with (2 := whole).
    intros t. unfold minus_fct, opp_fct, mult_fct, mult_real_fct. ring. }
  destruct (MVT_cor2 (fun t => - ln t - 2 * (1 - t) ^ 2) (fun x => - / x + 4 * (1 - x)) b 1)
    as [c [change between]]; [lra | intros; apply slope; lra |].
  rewrite ln_1 in change.
  assert (sign : - / c + 4 * (1 - c) <= 0).
  { replace (- / c + 4 * (1 - c)) with (- ((1 - 4 * (c * (1 - c))) * / c)) by (field; lra).
    pose proof (four_products c ltac:(lra)).
    assert (0 < / c) by (apply Rinv_0_lt_compat; lra).
    assert (0 <= (1 - 4 * (c * (1 - c))) * / c) by (apply Rmult_le_pos; lra). lra. }
  apply (Rmult_le_compat_r (1 - b)) in sign; lra.
Qed.

Lemma two_outcomes : forall a b, 0 < b < 1 -> b <= a < 1 ->
  2 * (a - b) ^ 2 <= a * ln (a / b) + (1 - a) * ln ((1 - a) / (1 - b)).
Proof.
  intros a b inside [[less | same_] strict].
  - pose proof (gap_falls a (1 - a) eq_refl b ltac:(lra) strict) as falls.
    rewrite !ln_quotient by lra.
    replace (a - a) with 0 in falls by ring. lra.
  - rewrite same_ at 1. subst b. unfold Rdiv. rewrite !Rinv_r, ln_1 by lra. lra.
Qed.

(* Merging the points into those where p is at least q, and the others. *)
Definition more (p q : nat -> R) (i : nat) : R := if Rle_dec (q i) (p i) then 1 else 0.
Definition mass_of (n : nat) (chosen p : nat -> R) : R := sum n (fun i => chosen i * p i).

Lemma more_is_0_or_1 : forall p q i, more p q i = 0 \/ more p q i = 1.
Proof. intros. unfold more. destruct (Rle_dec (q i) (p i)); auto. Qed.

Lemma variation_of_more : forall n p q, law n p -> law n q ->
  TV n p q = mass_of n (more p q) p - mass_of n (more p q) q.
Proof.
  intros n p q [np wp] [nq wq].
  assert (twice : 2 * TV n p q = 2 * (mass_of n (more p q) p - mass_of n (more p q) q)
    - (sum n p - sum n q)).
  { rewrite variation_twice. unfold mass_of.
    rewrite <- !sum_subtract, <- sum_scale, <- sum_subtract.
    apply sum_same. intros i here. unfold more.
    destruct (Rle_dec (q i) (p i)).
    - rewrite Rabs_right; lra.
    - rewrite Rabs_left; lra. }
  rewrite wp, wq in twice. lra.
Qed.

Lemma entropy_term : forall p q r, 0 <= p -> 0 <= q -> (q = 0 -> p = 0) -> 0 < r ->
  p * ln r + p - q * r <= kl_at p q.
Proof.
  intros p q r np [pq | zq] continuous pr.
  - rewrite kl_reads by lra.
    assert (product : 0 < q * r) by (apply Rmult_lt_0_compat; assumption).
    pose proof (relative_entropy_term p (q * r) np product) as term.
    destruct np as [pp | <-]; [| lra].
    rewrite ln_quotient, ln_mult in term by assumption. rewrite ln_quotient by assumption. lra.
  - rewrite (continuous (eq_sym zq)), <- zq, kl_weightless. lra.
Qed.

Lemma merged : forall n p q r s, law n p -> law n q -> absolutely_continuous n p q ->
  0 < r -> 0 < s ->
  let a := mass_of n (more p q) p in
  let b := mass_of n (more p q) q in
  (a * ln r + a - b * r) + ((1 - a) * ln s + (1 - a) - (1 - b) * s) <= KL n p q.
Proof.
  intros n p q r s [np wp] [nq wq] continuous pr ps a b.
  replace ((a * ln r + a - b * r) + ((1 - a) * ln s + (1 - a) - (1 - b) * s))
    with (sum n (fun i => more p q i * (p i * ln r + p i - q i * r)
                          + (1 - more p q i) * (p i * ln s + p i - q i * s))).
  - apply sum_below. intros i here.
    pose proof (entropy_term (p i) (q i) r (np i here) (nq i here) (continuous i here) pr).
    pose proof (entropy_term (p i) (q i) s (np i here) (nq i here) (continuous i here) ps).
    destruct (more_is_0_or_1 p q i) as [-> | ->]; lra.
  - rewrite (sum_same n _ (fun i => (ln r + 1 - ln s - 1) * (more p q i * p i)
      + (s - r) * (more p q i * q i) + ((ln s + 1) * p i - s * q i))).
    2:{ intros i _. ring. }
    rewrite !sum_add, sum_subtract, !sum_scale, wp, wq. unfold a, b, mass_of. ring.
Qed.

(* Claim A-JS-16: Pinsker's inequality on finite spaces, KL >= 2 TV^2, masses of 0 included. *)
Theorem pinsker : forall n p q, law n p -> law n q -> absolutely_continuous n p q ->
  2 * TV n p q ^ 2 <= KL n p q.
Proof.
  intros n p q lp lq continuous.
  rewrite variation_of_more by assumption.
  pose proof (merged n p q) as bound.
  destruct (gibbs n p q lp lq continuous) as [positive _].
  set (a := mass_of n (more p q) p) in *. set (b := mass_of n (more p q) q) in *.
  assert (chosen : forall f, law n f -> 0 <= mass_of n (more p q) f <= 1).
  { intros f [nf wf]. unfold mass_of. split.
    - apply sum_not_negative. intros i here. pose proof (nf i here).
      destruct (more_is_0_or_1 p q i) as [-> | ->]; lra.
    - rewrite <- wf. apply sum_below. intros i here. pose proof (nf i here).
      destruct (more_is_0_or_1 p q i) as [-> | ->]; lra. }
  pose proof (chosen p lp) as range_a. pose proof (chosen q lq) as range_b.
  fold a in range_a. fold b in range_b.
  assert (ordered : b <= a).
  { pose proof (variation_of_more n p q lp lq) as tv. fold a b in tv.
    pose proof (variation_twice n p q) as twice.
    assert (0 <= sum n (fun i => Rabs (p i - q i)))
      by (apply sum_not_negative; intros; apply Rabs_pos). lra. }
  destruct (Req_dec a b) as [-> | differ].
  { replace (2 * (b - b) ^ 2) with 0 by ring. assumption. }
  (* if q has no mass where p has more, p has none there either *)
  assert (pb : 0 < b).
  { destruct range_b as [[pb | zero] _]; [assumption |]. exfalso. apply differ.
    unfold a. rewrite <- zero. unfold mass_of.
    rewrite (sum_same n _ (fun i => 0 * p i)); [rewrite sum_scale; ring |].
    intros i here. rewrite Rmult_0_l.
    destruct (more_is_0_or_1 p q i) as [-> | one]; [ring |]. rewrite one.
    assert (none : more p q i * q i = 0 * 0).
    { symmetry. apply (sum_below_equal n (fun _ => 0 * 0) (fun i => more p q i * q i)); auto.
      - intros j there. destruct lq as [nq _]. pose proof (nq j there).
        destruct (more_is_0_or_1 p q j) as [-> | ->]; lra.
      - rewrite sum_scale. fold (mass_of n (more p q) q). fold b. lra. }
    rewrite one in none. rewrite (continuous i here) by lra. ring. }
  specialize (fun r s => bound r s lp lq continuous). cbv zeta in bound. fold a b in bound.
  destruct (Req_dec a 1) as [whole | part].
  - rewrite whole in *.
    apply Rle_trans with (- ln b); [apply certain_outcome; lra |].
    apply le_epsilon. intros small ps.
    assert (pd : 0 < 1 - b) by lra.
    pose proof (bound (/ b) (small / (1 - b)) (Rinv_0_lt_compat _ pb)
      (quotient_positive _ _ ps pd)) as near.
    rewrite ln_Rinv in near by assumption.
    replace (b * / b) with 1 in near by (field; lra).
    replace ((1 - b) * (small / (1 - b))) with small in near by (field; lra). lra.
  - apply Rle_trans with (a * ln (a / b) + (1 - a) * ln ((1 - a) / (1 - b))).
    + apply two_outcomes; lra.
    + pose proof (bound (a / b) ((1 - a) / (1 - b)) (quotient_positive a b ltac:(lra) pb)
        (quotient_positive (1 - a) (1 - b) ltac:(lra) ltac:(lra))) as near.
      replace (b * (a / b)) with a in near by (field; lra).
      replace ((1 - b) * ((1 - a) / (1 - b))) with (1 - a) in near by (field; lra). lra.
Qed.

(* JS of the sum of two pairs of masses is at most the sum of both. *)
Lemma js_at_subadditive : forall p q d, 0 < q -> 0 < d -> p = q + d ->
  js_at p q <= ln 2 * d / 2.
Proof.
  intros p q d pq pd ->.
  rewrite js_reads, middle_reads, !kl_reads by lra.
  (* compare with d at one point without q, and q at another with as much p *)
  set (m := (q + d + q) / 2).
  assert (pm : 0 < m) by (unfold m; lra).
  assert (one : (q + d) * ln ((q + d) / m) <= d * ln 2).
  { set (r := (q + d) / m). assert (pr : 0 < r) by (apply quotient_positive; lra).
    pose proof (relative_entropy_term d (d / 2 * r) ltac:(lra)
      ltac:(apply Rmult_lt_0_compat; lra)) as first.
    pose proof (relative_entropy_term q (q * r) ltac:(lra)
      ltac:(apply Rmult_lt_0_compat; lra)) as second.
    replace (d / (d / 2 * r)) with (2 / r) in first by (field; lra).
    replace (q / (q * r)) with (1 / r) in second by (field; lra).
    rewrite ln_quotient in first, second by lra. rewrite ln_1 in second.
    assert (shares : d / 2 * r + q * r = q + d) by (unfold r, m; field; unfold m in pm; lra).
    lra. }
  assert (two : q * ln (q / m) <= 0).
  { assert (less : q / m <= 1).
    { apply (Rmult_le_reg_r m); [assumption |].
      replace (q / m * m) with q by (field; lra). unfold m. lra. }
    pose proof (ln_below_tangent (q / m) (quotient_positive _ _ pq pm)).
    rewrite <- (Rmult_0_r q). apply Rmult_le_compat_l; lra. }
  lra.
Qed.

Lemma js_at_symmetric : forall p q, 0 <= p -> 0 <= q -> js_at p q = js_at q p.
Proof.
  intros p q np nq. destruct (some_or_none p q np nq) as [some | [-> ->]]; [| reflexivity].
  rewrite !js_reads by lra. rewrite !middle_reads, (Rplus_comm q p). ring.
Qed.

Lemma js_at_below_variation : forall p q, 0 <= p -> 0 <= q ->
  js_at p q <= ln 2 * variation p q.
Proof.
  assert (sided : forall p q, 0 <= q -> q <= p -> js_at p q <= ln 2 * (p - q) / 2).
  { intros p q [pq | <-] [less | <-].
    - apply js_at_subadditive; lra.
    - rewrite js_reads, middle_reads, kl_reads by lra.
      replace (q / ((q + q) / 2)) with 1 by (field; lra). rewrite ln_1. lra.
    - rewrite js_reads, middle_reads, kl_weightless, kl_reads by lra.
      replace (p / ((p + 0) / 2)) with 2 by (field; lra). lra.
    - destruct (nothing_there 0) as [_ [_ ->]]. lra. }
  intros p q np nq. rewrite variation_reads.
  destruct (Rle_dec q p) as [less | more_].
  - rewrite Rabs_right by lra. pose proof (sided p q nq less). lra.
  - rewrite Rabs_left by lra. rewrite js_at_symmetric by assumption.
    pose proof (sided q p np ltac:(lra)). lra.
Qed.

(* Claim A-JS-16: TV^2/2 <= JS <= log 2 TV on finite spaces, masses of 0 included. *)
Theorem js_and_variation : forall n p q, law n p -> law n q ->
  TV n p q ^ 2 / 2 <= JS n p q <= ln 2 * TV n p q.
Proof.
  intros n p q lp lq. split.
  - rewrite js_is_two_entropies by assumption.
    pose proof (mixture_is_law n p q lp lq) as lm.
    destruct (below_mixture n p q lp lq) as [cp cq].
    pose proof (pinsker n p _ lp lm cp) as first.
    pose proof (pinsker n q _ lq lm cq) as second.
    assert (half : forall f, law n f -> (forall i, f i = p i \/ f i = q i) ->
      same n (fun i => variation (f i) (mixture p q i)) (fun i => / 2 * variation (p i) (q i)) ->
      TV n f (mixture p q) = TV n p q / 2).
    { intros f _ _ each. unfold TV, Rdiv. rewrite (sum_same n _ _ each), sum_scale. ring. }
    rewrite (half p), (half q) in * ; auto.
    + replace (2 * (TV n p q / 2) ^ 2) with (TV n p q ^ 2 / 2) in * by field. lra.
    + intros i here. unfold mixture. rewrite !variation_reads, middle_reads.
      replace (q i - (p i + q i) / 2) with (- ((p i - q i) / 2)) by field.
      rewrite Rabs_Ropp. unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ 2)) by lra. field.
    + intros i here. unfold mixture. rewrite !variation_reads, middle_reads.
      replace (p i - (p i + q i) / 2) with ((p i - q i) / 2) by field.
      unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ 2)) by lra. field.
  - destruct lp as [np _], lq as [nq _]. unfold JS, TV. rewrite <- sum_scale.
    apply sum_below. intros i here. apply js_at_below_variation; auto.
Qed.

(* U[0, 1] and U[a, 1 + a] on the three cells [0, a], [a, 1], [1, 1 + a]. *)
Definition uniform (a : R) (i : nat) : R := match i with O => a | 1%nat => 1 - a | _ => 0 end.
Definition shifted (a : R) (i : nat) : R := match i with O => 0 | 1%nat => 1 - a | _ => a end.

(* Claim A-JS-10: for a shift a from 0 to 1, JS = a log 2 and TV = a, on the three cells where both
   densities are constant. *)
Theorem shifted_uniforms : forall a, 0 <= a <= 1 ->
  JS 3 (uniform a) (shifted a) = a * ln 2 /\ TV 3 (uniform a) (shifted a) = a.
Proof.
  intros a inside.
  assert (alone : forall m, 0 <= m -> js_at m 0 = m * ln 2 / 2).
  { intros m [pm | <-].
    - rewrite js_reads, middle_reads, kl_weightless, kl_reads by lra.
      replace (m / ((m + 0) / 2)) with 2 by (field; lra). field.
    - destruct (nothing_there 0) as [_ [_ ->]]. field. }
  assert (shared : forall m, 0 <= m -> js_at m m = 0).
  { intros m [pm | <-]; [| apply (nothing_there 0)].
    rewrite js_reads, middle_reads, kl_reads by lra.
    replace (m / ((m + m) / 2)) with 1 by (field; lra). rewrite ln_1. field. }
  split.
  - unfold JS. simpl. rewrite (js_at_symmetric 0 a), !alone, shared by lra. field.
  - unfold TV. simpl. rewrite !variation_reads.
    rewrite (Rabs_right (a - 0)), (Rabs_left1 (0 - a)) by lra.
    replace (1 - a - (1 - a)) with 0 by ring. rewrite Rabs_R0. field.
Qed.

(* Claim A-SAT-13: on finite spaces what the non-saturating game descends at an optimal D,
   KL(p_g || p_data) - 2 JS, is 2 KL((p_data + p_g)/2 || p_data), and so never negative and 0 only
   at p_g = p_data. *)
Theorem non_saturating_divergence : forall n p q, law n p -> law n q ->
  absolutely_continuous n q p ->
  KL n q p - 2 * JS n p q = 2 * KL n (mixture p q) p /\
  0 <= KL n (mixture p q) p /\
  (KL n (mixture p q) p = 0 <-> same n p q).
Proof.
  intros n p q lp lq continuous. split.
  - destruct lp as [np _], lq as [nq _].
    unfold KL, JS. rewrite <- !sum_scale, <- sum_subtract. apply sum_same.
    intros i here. pose proof (np i here) as npi. pose proof (nq i here) as nqi.
    unfold mixture. destruct npi as [pp | zp].
    + rewrite js_reads, middle_reads, !kl_reads by lra.
      destruct nqi as [pq | <-]; [rewrite !ln_quotient by lra; field |].
      rewrite (ln_quotient (p i)), (ln_quotient ((p i + 0) / 2) (p i)) by lra. field.
    + rewrite (continuous i here (eq_sym zp)), <- zp.
      rewrite middle_reads. replace ((0 + 0) / 2) with 0 by field.
      destruct (nothing_there 0) as [_ [_ ->]]. rewrite !kl_weightless. ring.
  - assert (lm := mixture_is_law n p q lp lq).
    assert (cm : absolutely_continuous n (mixture p q) p).
    { intros i here none. unfold mixture. rewrite middle_reads, none, (continuous i here none).
      field. }
    destruct (gibbs n (mixture p q) p lm lp cm) as [positive only]. split; [assumption |].
    rewrite only. unfold mixture. split; intros equal i here.
    + pose proof (equal i here) as halfway. cbv beta in halfway.
      rewrite middle_reads in halfway. lra.
    + rewrite middle_reads, (equal i here). field.
Qed.

(* Claim A-SAT-13: at a point, the slope in p_g of KL(p_g || p_data) - 2 JS is the generator's loss
   -log D* there, D* held fixed, but for a constant, and a change of p_g has the sum 0. *)
Theorem non_saturating_slope : forall p q, 0 < p -> 0 < q ->
  derivable_pt_lim (fun t => kl_at t p - 2 * js_at p t) q
    (non_saturating_loss (ln (p / q)) + (1 - ln 2)) /\
  non_saturating_loss (ln (p / q)) = - ln (optimum p q).
Proof.
  intros p q pp pq.
  assert (loss : non_saturating_loss (ln (p / q)) = - ln (optimum p q)).
  { unfold non_saturating_loss. rewrite best_reads, exp_Ropp, exp_ln by
      (try apply quotient_positive; lra). do 2 f_equal. field; lra. }
  split; [| exact loss]. rewrite loss.
  assert (plus_p : derivable_pt_lim (fun t => p + t) q (0 + 1)).
  { exact (derivable_pt_lim_plus _ _ q _ _
      (derivable_pt_lim_const p q) (derivable_pt_lim_id q)). }
  assert (some : 0 < p + q) by lra.
  pose proof (derivable_pt_lim_comp _ ln q _ _ plus_p (derivable_pt_lim_ln _ some)) as log.
  pose proof (derivable_pt_lim_mult _ _ q _ _ plus_p log) as product.
  pose proof (derivable_pt_lim_scal _ (ln 2 + ln p) q _ plus_p) as line.
  pose proof (derivable_pt_lim_minus _ _ q _ _ product line) as whole.
  replace (- ln (optimum p q) + (1 - ln 2))
    with ((0 + 1) * comp ln (fun t => p + t) q + (p + q) * (/ (p + q) * (0 + 1))
          - (ln 2 + ln p) * (0 + 1)).
  2:{ unfold comp. rewrite best_reads, ln_quotient by lra. field; lra. }
  (* the two functions agree near q, where t is positive *)
  intros small ps. destruct (whole small ps) as [delta near].
  assert (pd : 0 < Rmin delta q) by (apply Rmin_glb_lt; [apply delta | assumption]).
  exists (mkposreal _ pd). intros h nonzero within. simpl in within.
  pose proof (Rmin_l delta q). pose proof (Rmin_r delta q).
  assert (agree : forall t, 0 < t -> kl_at t p - 2 * js_at p t
    = minus_fct (mult_fct (fun t => p + t) (comp ln (fun t => p + t)))
        (mult_real_fct (ln 2 + ln p) (fun t => p + t)) t).
  { intros t pt. unfold minus_fct, mult_fct, mult_real_fct, comp.
    rewrite js_reads, middle_reads, !kl_reads, !ln_quotient by lra. field. }
  assert (0 < q + h) by (revert within; unfold Rabs; destruct (Rcase_abs h); lra).
  rewrite !agree by assumption. apply near; [assumption | lra].
Qed.

(* The hinge game, whose discriminator answers with any real number. *)
Definition hinge_loss (n : nat) (p q D : nat -> R) : R :=
  sum n (fun i => hinge_at (p i) (q i) (D i)).

Lemma hinge_at_least : forall p q D, 0 <= p -> 0 <= q ->
  p + q - 2 * variation p q <= hinge_at p q D /\
  hinge_at p q (if Rle_dec q p then 1 else -1) = p + q - 2 * variation p q.
Proof.
  intros p q D np nq. rewrite variation_reads. unfold hinge_at. split.
  - unfold Rmax, Rabs.
    destruct (Rcase_abs (p - q)), (Rle_dec 0 (1 - D)), (Rle_dec 0 (D + 1)); nra.
  - unfold Rmax, Rabs. destruct (Rle_dec q p), (Rcase_abs (p - q)); try lra;
      repeat destruct (Rle_dec 0 _); lra.
Qed.

(* Claim A-DST-11: on finite spaces the hinge loss is at least 2 (1 - TV), whatever D, and D = 1
   where p is at least q, -1 elsewhere, attains it. *)
Theorem hinge_minimum : forall n p q D, law n p -> law n q ->
  2 * (1 - TV n p q) <= hinge_loss n p q D /\
  hinge_loss n p q (fun i => if Rle_dec (q i) (p i) then 1 else -1) = 2 * (1 - TV n p q).
Proof.
  intros n p q D [np wp] [nq wq].
  replace (2 * (1 - TV n p q))
    with (sum n (fun i => p i + q i - 2 * variation (p i) (q i))).
  - split; [apply sum_below | apply sum_same]; intros i here;
      apply (hinge_at_least (p i) (q i) (D i)); auto.
  - rewrite sum_subtract, sum_add, sum_scale, wp, wq. unfold TV. ring.
Qed.
