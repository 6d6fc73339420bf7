(* Numbers, enclosed by interval arithmetic. The stock tactic computes with the machine's integers
   and so assumes some fifty axioms about them; on StdZRadix2, integers as Coq has them, and with
   its precision stated each time, it assumes what the real numbers do. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Specific_stdz Specific_ops Tactic.
From Theory Require Import Sums Formulas Discriminator JensenShannon Saturation Divergences.
Open Scope R_scope.

Module Floats := SpecificFloat StdZRadix2.
Module Tactics := IntervalTactic Floats.
Import Tactics.

(* Claim A-JS-10: JS of U[0, 1] and U[1/2, 3/2] to 14 decimals. *)
Theorem js_of_half_shifted_uniforms :
  Rabs (JS 3 (uniform (1 / 2)) (shifted (1 / 2)) - 0.34657359027997) <= 5e-15.
Proof.
  destruct (shifted_uniforms (1 / 2)) as [-> _]; [lra |]. interval with (i_prec 60).
Qed.

Definition certain (i : nat) : R := match i with O => 0.9 | _ => 0.1 end.
Definition fair (i : nat) : R := 0.5.

(* Claim A-JS-13: KL is not symmetric: its two values, to 14 decimals. *)
Theorem kl_is_not_symmetric :
  Rabs (KL 2 certain fair - 0.36806420716850) <= 5e-15 /\
  Rabs (KL 2 fair certain - 0.51082562376599) <= 5e-15.
Proof.
  unfold KL. simpl. unfold certain, fair. rewrite !kl_reads by lra.
  split; interval with (i_prec 60).
Qed.

(* The normal laws N(0, 1) and N(2, 1): their JS is the integral of js_at of the two densities. *)
Definition normal (m x : R) : R := exp (- (x - m) ^ 2 / 2) / sqrt (2 * PI).
Definition js_density (x : R) : R := js_at (normal 0 x) (normal 2 x).

(* As normal 2 x = normal 0 (2 - x), it is made of one function and its mirror image. *)
Definition half_density (x : R) : R := exp (- x ^ 2 / 2) * (ln 2 - ln (1 + exp (2 * x - 2))).

Lemma root_positive : 0 < sqrt (2 * PI).
Proof. apply sqrt_lt_R0. pose proof PI_RGT_0. lra. Qed.

Lemma js_density_reads : forall x,
  js_density x = (half_density x + half_density (2 - x)) / (2 * sqrt (2 * PI)).
Proof.
  intros x. pose proof root_positive as root. unfold js_density.
  assert (positive : forall m, 0 < normal m x).
  { intros m. apply Rdiv_lt_0_compat; [apply exp_pos | assumption]. }
  pose proof (positive 0) as p0. pose proof (positive 2) as p2.
  rewrite js_reads, middle_reads, !kl_reads by lra.
  assert (ratio : normal 2 x = normal 0 x * exp (2 * x - 2)).
  { unfold normal. replace (- (x - 2) ^ 2 / 2) with (- (x - 0) ^ 2 / 2 + (2 * x - 2)) by field.
    rewrite exp_plus. field; lra. }
  assert (mirror : exp (2 * (2 - x) - 2) = / exp (2 * x - 2)).
  { rewrite <- exp_Ropp. f_equal. ring. }
  pose proof (exp_pos (2 * x - 2)) as e.
  replace (normal 0 x / ((normal 0 x + normal 2 x) / 2))
    with (2 / (1 + exp (2 * x - 2))) by (rewrite ratio; field; lra).
  replace (normal 2 x / ((normal 0 x + normal 2 x) / 2))
    with (2 / (1 + exp (2 * (2 - x) - 2))) by (rewrite mirror, ratio; field; lra).
  pose proof (exp_pos (2 * (2 - x) - 2)).
  rewrite !ln_quotient by lra.
  unfold half_density, normal.
  replace (- (x - 0) ^ 2 / 2) with (- x ^ 2 / 2) by field.
  replace (- (x - 2) ^ 2 / 2) with (- (2 - x) ^ 2 / 2) by field. field; lra.
Qed.

Lemma half_density_continuous : forall x, continuous half_density x.
Proof.
  intros x. apply (ex_derive_continuous half_density). unfold half_density. auto_derive.
  apply Rplus_lt_0_compat; [lra | apply exp_pos].
Qed.

Lemma half_density_integrable : forall a b, ex_RInt half_density a b.
Proof. intros. apply (ex_RInt_continuous half_density). intros. apply half_density_continuous. Qed.

(* Far from both means it is below e^(-3 |distance|). *)
Lemma half_density_left : forall x, x <= -6 -> 0 <= half_density x <= exp (3 * x).
Proof.
  intros x far. unfold half_density.
  pose proof (exp_pos (2 * x - 2)) as e.
  assert (small : exp (2 * x - 2) < 1) by (rewrite <- exp_0; apply exp_increasing; lra).
  assert (low : 0 <= ln (1 + exp (2 * x - 2))).
  { rewrite <- ln_1. apply Rcomplements.ln_le; lra. }
  assert (high : ln (1 + exp (2 * x - 2)) <= ln 2) by (apply Rcomplements.ln_le; lra).
  assert (less : ln 2 <= 1) by (pose proof (ln_below_tangent 2); lra).
  assert (bound : exp (- x ^ 2 / 2) <= exp (3 * x)).
  { assert (power : - x ^ 2 / 2 <= 3 * x) by nra.
    destruct power as [strict | ->]; [left; now apply exp_increasing | lra]. }
  pose proof (exp_pos (- x ^ 2 / 2)). split; nra.
Qed.

Lemma half_density_right : forall x, 8 <= x -> - exp (3 * (2 - x)) <= half_density x <= 0.
Proof.
  intros x far. unfold half_density.
  assert (large : 1 < exp (2 * x - 2)) by (rewrite <- exp_0; apply exp_increasing; lra).
  assert (low : ln 2 <= ln (1 + exp (2 * x - 2))) by (apply Rcomplements.ln_le; lra).
  pose proof (ln_below_tangent (1 + exp (2 * x - 2)) ltac:(lra)) as tangent.
  pose proof ln_two_positive.
  assert (product : exp (- x ^ 2 / 2) * exp (2 * x - 2) <= exp (3 * (2 - x))).
  { rewrite <- exp_plus. assert (power : - x ^ 2 / 2 + (2 * x - 2) <= 3 * (2 - x)) by nra.
    destruct power as [strict | ->]; [left; now apply exp_increasing | lra]. }
  pose proof (exp_pos (- x ^ 2 / 2)). split; nra.
Qed.

Lemma exponential_integral : forall c d a b, c <> 0 ->
  is_RInt (fun x => exp (c * x + d)) a b (exp (c * b + d) / c - exp (c * a + d) / c).
Proof.
  intros c d a b nonzero.
  apply (is_RInt_derive (fun x => exp (c * x + d) / c) (fun x => exp (c * x + d))).
  - intros x _. auto_derive; [exact I | field; assumption].
  - intros x _. apply (ex_derive_continuous (fun x => exp (c * x + d))). auto_derive. exact I.
Qed.

(* What lies to the left of -6 and to the right of 8. *)
Lemma half_density_tails : forall a b, a <= -6 -> 8 <= b ->
  0 <= RInt half_density a (-6) <= 1e-8 /\ -1e-8 <= RInt half_density 8 b <= 0.
Proof.
  intros a b left_ right_.
  assert (tail : exp (-18) / 3 <= 1e-8) by interval with (i_prec 30).
  assert (three : 3 <> 0) by lra. assert (minus : -3 <> 0) by lra.
  pose proof (exponential_integral 3 0 a (-6) three) as over.
  pose proof (exponential_integral (-3) 6 8 b minus) as under.
  assert (under_ : is_RInt (fun x => - exp (-3 * x + 6)) 8 b
    (- (exp (-3 * b + 6) / -3 - exp (-3 * 8 + 6) / -3)))
    by exact (is_RInt_opp (V := R_NormedModule) _ _ _ _ under).
  assert (zero : forall x y, is_RInt (fun _ => 0) x y 0).
  { intros x y. pose proof (is_RInt_const (V := R_NormedModule) x y 0) as constant.
    unfold scal in constant; simpl in constant; unfold mult in constant; simpl in constant.
    rewrite Rmult_0_r in constant. exact constant. }
  pose proof (is_RInt_unique _ _ _ _ over) as over_value.
  pose proof (is_RInt_unique _ _ _ _ under_) as under_value.
  repeat split.
  - rewrite <- (is_RInt_unique _ _ _ _ (zero a (-6))).
    apply RInt_le; [assumption | eexists; apply zero | apply half_density_integrable |].
    intros x between. apply half_density_left. lra.
  - apply Rle_trans with (RInt (fun x => exp (3 * x + 0)) a (-6)).
    + apply RInt_le; [assumption | apply half_density_integrable | eexists; apply over |].
      intros x between. rewrite Rplus_0_r. apply half_density_left. lra.
    + rewrite over_value. replace (3 * -6 + 0) with (-18) by ring.
      pose proof (exp_pos (3 * a + 0)). lra.
  - apply Rle_trans with (RInt (fun x => - exp (-3 * x + 6)) 8 b).
    + rewrite under_value. replace (-3 * 8 + 6) with (-18) by ring.
      pose proof (exp_pos (-3 * b + 6)). lra.
    + apply RInt_le; [assumption | eexists; apply under_ | apply half_density_integrable |].
      intros x between. replace (-3 * x + 6) with (3 * (2 - x)) by ring.
      apply half_density_right. lra.
  - rewrite <- (is_RInt_unique _ _ _ _ (zero 8 b)).
    apply RInt_le; [assumption | apply half_density_integrable | eexists; apply zero |].
    intros x between. apply half_density_right. lra.
Qed.

Lemma half_density_centre :
  Rabs (RInt half_density (-6) 8 - 0.33683082 * sqrt (2 * PI)) <= 5e-7.
Proof. unfold half_density. integral with (i_prec 30, i_fuel 2000, i_degree 8). Qed.

Lemma half_density_whole : forall a b, a <= -6 -> 8 <= b ->
  Rabs (RInt half_density a b - 0.33683082 * sqrt (2 * PI)) <= 5.2e-7.
Proof.
  intros a b left_ right_.
  destruct (half_density_tails a b left_ right_) as [first last].
  pose proof half_density_centre as centre.
  apply Rcomplements.Rabs_le_between in centre. apply Rabs_le.
  pose proof (RInt_Chasles half_density a (-6) b
    (half_density_integrable _ _) (half_density_integrable _ _)) as split_1.
  pose proof (RInt_Chasles half_density (-6) 8 b
    (half_density_integrable _ _) (half_density_integrable _ _)) as split_2.
  unfold plus in split_1, split_2. simpl in split_1, split_2. lra.
Qed.

(* Claim A-JS-11: JS(N(0, 1), N(2, 1)) = 0.336831, all six decimals: the integral over any interval
   that holds [-6, 8] is that near to it, and so is its limit. *)
Theorem js_of_normal_laws : forall a b, a <= -6 -> 8 <= b ->
  ex_RInt js_density a b /\ Rabs (RInt js_density a b - 0.336831) <= 5e-7.
Proof.
  intros a b left_ right_. pose proof root_positive as root.
  pose proof (half_density_whole a b left_ right_) as one.
  pose proof (half_density_whole (2 - b) (2 - a) ltac:(lra) ltac:(lra)) as two.
  assert (mirror : is_RInt (fun x => half_density (2 - x)) a b
    (RInt half_density (2 - b) (2 - a))).
  { pose proof (RInt_correct half_density _ _ (half_density_integrable (2 - b) (2 - a))) as known.
    apply is_RInt_swap in known.
    replace (2 - a) with (-1 * a + 2) in known by ring.
    replace (2 - b) with (-1 * b + 2) in known by ring.
    apply (is_RInt_comp_lin half_density (-1) 2 a b) in known.
    apply (is_RInt_opp (V := R_NormedModule)) in known.
    apply (is_RInt_ext _ (fun x => half_density (2 - x))) in known.
    - replace (2 - a) with (-1 * a + 2) by ring. replace (2 - b) with (-1 * b + 2) by ring.
      unfold opp in known; simpl in known. rewrite Ropp_involutive in known. exact known.
    - intros x _. unfold opp, scal; simpl. unfold mult; simpl.
      replace (-1 * x + 2) with (2 - x) by ring. ring. }
  pose proof (RInt_correct half_density _ _ (half_density_integrable a b)) as direct.
  pose proof (is_RInt_scal _ _ _ (/ (2 * sqrt (2 * PI))) _
    (is_RInt_plus _ _ _ _ _ _ direct mirror)) as whole.
  apply (is_RInt_ext _ js_density) in whole.
  2:{ intros x _. rewrite js_density_reads. unfold scal, plus; simpl. unfold mult; simpl.
      field; lra. }
  split; [eexists; exact whole |].
  rewrite (is_RInt_unique _ _ _ _ whole). unfold scal, plus; simpl. unfold mult; simpl.
  apply Rcomplements.Rabs_le_between in one, two.
  assert (size : 2.5 <= sqrt (2 * PI)) by interval with (i_prec 30).
  set (s := sqrt (2 * PI)) in *.
  set (x := RInt half_density a b) in *.
  set (y := RInt half_density (2 - b) (2 - a)) in *.
  assert (near : Rabs ((x + y) - 2 * s * 0.33683082) <= 1.04e-6) by (apply Rabs_le; lra).
  replace (/ (2 * s) * (x + y) - 0.336831)
    with (/ (2 * s) * ((x + y) - 2 * s * 0.33683082) + (0.33683082 - 0.336831)) by (field; lra).
  apply Rle_trans with (1 := Rabs_triang _ _).
  rewrite Rabs_mult, (Rabs_right (/ (2 * s))), (Rabs_left (0.33683082 - 0.336831)); [| lra |].
  2:{ left. apply Rinv_0_lt_compat. lra. }
  assert (inverse : / (2 * s) <= / 5) by (apply Rinv_le_contravar; lra).
  assert (0 < / (2 * s)) by (apply Rinv_0_lt_compat; lra).
  pose proof (Rmult_le_compat _ _ _ _ (Rlt_le _ _ H) (Rabs_pos _) inverse near). lra.
Qed.
