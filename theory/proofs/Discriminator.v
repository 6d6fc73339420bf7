(* The best discriminator. p, q are the masses (or densities) that data and generator have at one
   point; value_at p q D is what this point adds to V(D, G), optimum p q is D*. *)

From Coq Require Import Reals Lra.
From Theory Require Import Sums Formulas.
Open Scope R_scope.

(* The formulas as the proofs below read them, in whatever order sympy writes them. *)

Lemma value_reads : forall p q D, value_at p q D = p * ln D + q * ln (1 - D).
Proof. intros. unfold value_at. ring. Qed.

Lemma best_reads : forall p q, 0 < p + q -> optimum p q = p / (p + q).
Proof. intros. unfold optimum. field; lra. Qed.

Lemma kl_reads : forall p q, q <> 0 -> kl_at p q = p * ln (p / q).
Proof. intros. unfold kl_at. field; assumption. Qed.

Lemma kl_weightless : forall q, kl_at 0 q = 0.
Proof. intros. unfold kl_at. ring. Qed.

Lemma bernoulli_kl_reads : forall b d, 0 < d < 1 ->
  bernoulli_kl b d = kl_at b d + kl_at (1 - b) (1 - d).
Proof. intros. rewrite !kl_reads by lra. unfold bernoulli_kl. ring. Qed.

Lemma rest_reads : forall p q, 0 < p + q -> 1 - optimum p q = q / (p + q).
Proof. intros. rewrite best_reads by assumption. field; lra. Qed.

Lemma best_inside : forall p q, 0 < p -> 0 < q -> 0 < optimum p q < 1.
Proof.
  intros p q pp pq. assert (some : 0 < p + q) by lra.
  pose proof (rest_reads p q some) as rest.
  assert (0 < q / (p + q)) by (apply quotient_positive; lra).
  rewrite best_reads in * by assumption.
  assert (0 < p / (p + q)) by (apply quotient_positive; lra). lra.
Qed.

(* Claim A-DST-06: how much any other discriminator loses at a point, masses of 0 included. *)
Theorem discriminator_regret : forall p q D, 0 <= p -> 0 <= q -> 0 < p + q -> 0 < D < 1 ->
  value_at p q (optimum p q) - value_at p q D
    = (p + q) * bernoulli_kl (optimum p q) D /\
  0 <= bernoulli_kl (optimum p q) D.
Proof.
  intros p q D np nq some inside.
  rewrite !bernoulli_kl_reads, !value_reads, !rest_reads, !best_reads, !kl_reads by lra.
  assert (share_p : 0 <= p / (p + q)).
  { unfold Rdiv. apply Rmult_le_pos; [assumption |]. left. apply Rinv_0_lt_compat. lra. }
  assert (share_q : 0 <= q / (p + q)).
  { unfold Rdiv. apply Rmult_le_pos; [assumption |]. left. apply Rinv_0_lt_compat. lra. }
  split.
  - assert (part : forall x y, 0 <= x -> 0 < x + y -> 0 < D < 1 -> forall E, 0 < E ->
      x * ln (x / (x + y)) - x * ln E = (x + y) * (x / (x + y) * ln (x / (x + y) / E))).
    { intros x y [px | <-] pos _ E pE.
      - rewrite (ln_quotient (x / (x + y))) by (try apply quotient_positive; lra). field; lra.
      - unfold Rdiv. ring. }
    pose proof (part p q np some inside D ltac:(lra)) as first.
    rewrite (Rplus_comm p q) in * .
    pose proof (part q p nq some inside (1 - D) ltac:(lra)) as second.
    lra.
  - pose proof (relative_entropy_term _ D share_p ltac:(lra)).
    pose proof (relative_entropy_term _ (1 - D) share_q ltac:(lra)).
    replace (q / (p + q)) with (1 - p / (p + q)) in * by (field; lra). lra.
Qed.

(* Claims A-DST-01, A-DST-02: where both have mass, D* is the maximiser, and the only one. *)
Theorem best_discriminator : forall p q, 0 < p -> 0 < q ->
  0 < optimum p q < 1 /\
  forall D, 0 < D < 1 ->
    value_at p q D <= value_at p q (optimum p q) /\
    (value_at p q D = value_at p q (optimum p q) <-> D = optimum p q).
Proof.
  intros p q pp pq. split; [now apply best_inside |]. intros D inside.
  destruct (discriminator_regret p q D) as [regret sign]; try lra.
  pose proof (best_inside p q pp pq) as best_in.
  split; [| split].
  - apply (Rmult_le_compat_l (p + q)) in sign; lra.
  - intros equal.
    assert (none : bernoulli_kl (optimum p q) D = 0) by (apply (Rmult_eq_reg_l (p + q)); lra).
    rewrite bernoulli_kl_reads, !kl_reads in none by lra.
    symmetry. apply relative_entropy_term_equal; [lra | lra |].
    pose proof (relative_entropy_term (optimum p q) D ltac:(lra) ltac:(lra)).
    pose proof (relative_entropy_term (1 - optimum p q) (1 - D) ltac:(lra) ltac:(lra)). lra.
  - now intros ->.
Qed.

(* Claim A-DST-02: where one mass is 0 no D in (0, 1) is best, but values as near as one likes to
   the one at D* = 0 or 1 are reached. *)
Theorem best_discriminator_at_the_edge : forall m, 0 < m ->
  optimum 0 m = 0 /\ optimum m 0 = 1 /\
  (forall D, 0 < D < 1 -> value_at 0 m D < value_at 0 m 0 /\ value_at m 0 D < value_at m 0 1) /\
  forall small, 0 < small -> exists D, 0 < D < 1 /\
    value_at 0 m D = value_at 0 m 0 - small /\ value_at m 0 (1 - D) = value_at m 0 1 - small.
Proof.
  intros m pm.
  split; [rewrite best_reads by lra; field; lra |].
  split; [rewrite best_reads by lra; field; lra |].
  assert (below_one : forall D, 0 < D < 1 -> m * ln D < 0).
  { intros D inside. pose proof (ln_increasing D 1) as down. rewrite ln_1 in down.
    pose proof (Rmult_lt_compat_l m (ln D) 0 pm). lra. }
  split.
  - intros D inside. rewrite !value_reads, Rminus_0_r, ln_1.
    pose proof (below_one D inside). pose proof (below_one (1 - D) ltac:(lra)). lra.
  - intros small ps. pose proof (exp_pos (- (small / m))) as above.
    assert (exp (- (small / m)) < 1).
    { rewrite <- exp_0 at 1. apply exp_increasing.
      pose proof (quotient_positive small m ps pm). lra. }
    exists (1 - exp (- (small / m))). split; [lra |].
    replace (1 - (1 - exp (- (small / m)))) with (exp (- (small / m))) by ring.
    rewrite !value_reads, Rminus_0_r, ln_1.
    replace (1 - (1 - exp (- (small / m)))) with (exp (- (small / m))) by ring.
    rewrite !ln_exp. split; field; lra.
Qed.
