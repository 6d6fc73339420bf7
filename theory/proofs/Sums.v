(* What the other files share: how ln lies below its tangents, and finite sums.

   A law on a finite space is a function from nat to R of which the first n values count.
   Coq's ln and quotient are total (ln 0 = 0, x / 0 = 0), so that 0 ln 0 = 0 as it should be,
   but also x ln 0 = 0 for any x. The generated file Formulas.v therefore demands a proof, for
   each logarithm, that its argument is positive or its weight 0. *)

From Coq Require Import Reals Lra Lia.
Open Scope R_scope.

(* Logarithms *)

Lemma ln_below_tangent : forall t, 0 < t -> ln t <= t - 1.
Proof.
  intros t positive.
  pose proof (exp_ineq1_le (ln t)) as above. rewrite exp_ln in above; lra.
Qed.

Lemma ln_touches_once : forall t, 0 < t -> ln t = t - 1 -> t = 1.
Proof.
  intros t positive equal.
  destruct (Req_dec (ln t) 0) as [zero | other].
  - lra.
  - pose proof (exp_ineq1 (ln t) other) as above. rewrite exp_ln in above; lra.
Qed.

Lemma ln_quotient : forall x y, 0 < x -> 0 < y -> ln (x / y) = ln x - ln y.
Proof.
  intros x y px py. unfold Rdiv.
  rewrite ln_mult, ln_Rinv; [ring | | | apply Rinv_0_lt_compat]; assumption.
Qed.

Lemma ln_four : ln 4 = 2 * ln 2.
Proof. replace 4 with (2 * 2) by ring. rewrite ln_mult; lra. Qed.

Lemma ln_two_positive : 0 < ln 2.
Proof. rewrite <- ln_1. apply ln_increasing; lra. Qed.

Lemma quotient_positive : forall x y, 0 < x -> 0 < y -> 0 < x / y.
Proof. exact Rdiv_lt_0_compat. Qed.

(* A mass x compared with a mass y > 0: x ln(x/y) >= x - y, with equality only at x = y. *)

Lemma relative_entropy_term : forall x y, 0 <= x -> 0 < y -> x - y <= x * ln (x / y).
Proof.
  intros x y [px | <-] py; [| lra].
  pose proof (ln_below_tangent (y / x) (quotient_positive _ _ py px)) as tangent.
  rewrite ln_quotient in tangent |- * by assumption.
  apply (Rmult_le_compat_l x) in tangent; [| lra].
  replace (x * (y / x - 1)) with (y - x) in tangent by (field; lra). lra.
Qed.

Lemma relative_entropy_term_equal : forall x y, 0 <= x -> 0 < y ->
  x * ln (x / y) = x - y -> x = y.
Proof.
  intros x y [px | <-] py equal; [| lra].
  pose proof (quotient_positive _ _ py px) as pr.
  assert (touches : ln (y / x) = y / x - 1).
  { rewrite ln_quotient in equal |- * by assumption.
    apply (Rmult_eq_reg_l x); [| lra].
    replace (x * (y / x - 1)) with (y - x) by (field; lra). lra. }
  apply ln_touches_once in touches; [| assumption].
  apply (Rmult_eq_compat_r x) in touches.
  replace (y / x * x) with y in touches by (field; lra). lra.
Qed.

(* Finite sums *)

Fixpoint sum (n : nat) (f : nat -> R) : R :=
  match n with O => 0 | S k => sum k f + f k end.

(* A law, whose masses may vanish. *)
Definition law (n : nat) (p : nat -> R) : Prop :=
  (forall i, (i < n)%nat -> 0 <= p i) /\ sum n p = 1.

(* Two laws that agree on the n points. *)
Definition same (n : nat) (p q : nat -> R) : Prop := forall i, (i < n)%nat -> p i = q i.

Lemma sum_same : forall n f g, same n f g -> sum n f = sum n g.
Proof.
  induction n as [| n IH]; intros f g equal; simpl; [reflexivity |].
  rewrite (IH f g), (equal n); [reflexivity | lia |].
  intros i small. apply equal. lia.
Qed.

Lemma sum_add : forall n f g, sum n (fun i => f i + g i) = sum n f + sum n g.
Proof. induction n as [| n IH]; intros; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_subtract : forall n f g, sum n (fun i => f i - g i) = sum n f - sum n g.
Proof. induction n as [| n IH]; intros; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_scale : forall n c f, sum n (fun i => c * f i) = c * sum n f.
Proof. induction n as [| n IH]; intros; simpl; [ring | rewrite IH; ring]. Qed.

Lemma sum_below : forall n f g,
  (forall i, (i < n)%nat -> f i <= g i) -> sum n f <= sum n g.
Proof.
  induction n as [| n IH]; intros f g below; simpl; [lra |].
  apply Rplus_le_compat; [apply IH |]; auto with arith.
Qed.

Lemma sum_not_negative : forall n f, (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= sum n f.
Proof.
  intros n f signs. replace 0 with (sum n (fun _ => 0 * 0)).
  - apply sum_below. intros i small. rewrite Rmult_0_l. auto.
  - rewrite sum_scale. ring.
Qed.

(* Terms that are bounded one by one, and whose sums agree, agree one by one. *)
Lemma sum_below_equal : forall n f g,
  (forall i, (i < n)%nat -> f i <= g i) -> sum n f = sum n g -> same n f g.
Proof.
  induction n as [| n IH]; intros f g below equal i small; [lia |]. simpl in equal.
  assert (rest : sum n f <= sum n g) by (apply sum_below; auto with arith).
  assert (last : f n <= g n) by auto with arith.
  destruct (Nat.eq_dec i n) as [-> | other]; [lra |].
  apply IH; [auto with arith | lra | lia].
Qed.

Lemma sum_size : forall n f, Rabs (sum n f) <= sum n (fun i => Rabs (f i)).
Proof.
  induction n as [| n IH]; intros f; simpl; [rewrite Rabs_R0; lra |].
  pose proof (Rabs_triang (sum n f) (f n)). specialize (IH f). lra.
Qed.

Lemma sum_swap : forall n m f,
  sum n (fun i => sum m (fun j => f i j)) = sum m (fun j => sum n (fun i => f i j)).
Proof.
  induction n as [| n IH]; intros m f; simpl.
  - induction m as [| m IHm]; simpl; lra.
  - rewrite IH, <- sum_add. reflexivity.
Qed.

Lemma mass_at_most_one : forall n p, law n p -> forall i, (i < n)%nat -> p i <= 1.
Proof.
  intros n p [signs whole] i small. rewrite <- whole. clear whole.
  induction n as [| n IH]; [lia |]. simpl.
  assert (rest : 0 <= sum n p) by (apply sum_not_negative; auto with arith).
  destruct (Nat.eq_dec i n) as [-> | other]; [lra |].
  assert (last : 0 <= p n) by auto with arith.
  assert (p i <= sum n p) by (apply IH; [auto with arith | lia]). lra.
Qed.

(* How the generated obligations are proved. Each asks, of a logarithm, a quotient or a root, that
   it is defined where the formula is used, or has the weight 0. *)
Ltac signs :=
  repeat match goal with
  | |- _ /\ _ => split
  | |- context [exp ?t] =>
      lazymatch goal with _ : 0 < exp t |- _ => fail | _ => pose proof (exp_pos t) end
  end.
Ltac positive_quotient :=
  match goal with
  | |- 0 < ?x / ?y => apply Rdiv_lt_0_compat
  | |- 0 < / ?y => apply Rinv_0_lt_compat
  | |- 0 < 1 - / ?y =>
      replace (1 - / y) with ((y - 1) / y) by (field; lra); apply Rdiv_lt_0_compat
  | |- 0 < 1 - ?x / ?y =>
      replace (1 - x / y) with ((y - x) / y) by (field; lra); apply Rdiv_lt_0_compat
  end.
Ltac defined := intros; signs; first [lra | positive_quotient; lra].
(* A mass that may vanish: either it does, or the rest is as above. *)
Ltac defined_or_weightless :=
  intros;
  match goal with
  | |- ?weight = 0 \/ _ =>
      first [ right; defined
            | destruct (Req_dec weight 0); [left; assumption | right; defined] ]
  end.
